"""Old stock (存量证照): licences issued before, taken over from spreadsheets."""
