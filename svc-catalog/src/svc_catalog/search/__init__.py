"""Finding items as people ask for them: words, pinyin, everyday expressions, typing errors."""
