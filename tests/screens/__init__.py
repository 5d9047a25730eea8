"""Every screen of the product, with something on it: the one list that all looks at pages share.

`listed` names the screens, `world` makes what stands on them. By them go axe and the widths
(`tests/browser/test_accessibility.py`), the walk over every button (`test_every_button.py`), the
pictures (`test_pictures.py`), English (`tests/platform/test_english.py`), and what a page costs
(`tests/pages/test_cost.py`, `benchmarks/pages.py`). A route that shows a page and is not listed
fails `tests/platform/test_screens.py`.
"""
