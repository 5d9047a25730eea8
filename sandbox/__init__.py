"""A kintone to develop, demo and test against; follows kintone, imports nothing of ours."""
