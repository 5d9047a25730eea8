"""Template tags of 操作履歴."""
