"""Staff log in with a browser (统一身份认证登录) and come back with a session in a cookie."""
