"""One form out of several (一张表单): every field asked once, at least as strict as each item asks it."""
