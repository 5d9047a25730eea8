"""操作履歴: who changed what, when, from where, written where it is changed (decision 0028).

`kinds` names what can happen, `actors` knows who is at work, `recording` writes the entries in the
transaction of the change, `contents` forgets what a deleted record said and what is too old. Pages
and 「元に戻す」 are in `history`.
"""
