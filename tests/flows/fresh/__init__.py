"""From a fresh install to a kintone that holds what the tenant does."""
