"""How does one use hpsync? The built-in manual: pages in Markdown, in Japanese and English."""
