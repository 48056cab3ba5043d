"""The comprehensive window (综合窗口): one clerk takes in any item for the person in front of them."""
