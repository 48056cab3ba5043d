"""What people see of the queue: the hall's screen (叫号屏), the phone, other halls with less to wait."""
