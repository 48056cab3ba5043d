"""Where services are given: divisions, departments, service points (服务网点)."""
