"""The gateway: authenticates the channels, routes, limits, forwards, composes, notifies."""
