"""Elements (要素) of an item by GB/T 39554.2: their names, code lists, rules, and how two records differ."""
