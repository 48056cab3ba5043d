"""Tasks (部门办理环节): what each department has to do in an application, in the order of a graph."""
