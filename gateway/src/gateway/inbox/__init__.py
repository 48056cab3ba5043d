"""The citizen's inbox (消息中心), its stream, and messages by WeChat and SMS."""
