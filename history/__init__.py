"""操作履歴 on screen: the list, one entry with before and after, CSV, and 「元に戻す」."""
