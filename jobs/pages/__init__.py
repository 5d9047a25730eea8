"""The screens of `jobs`: each view fetches, calls one service, answers."""
