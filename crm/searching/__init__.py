"""Search in customer data by any part of what one knows: any words, of two characters or one.

Beside each source row lies what of it is searched (`CompanySearch`, …), normalised, and the pairs
of neighbouring characters in it, which both databases keep an index of their own kind over
(docs/decisions/0026). `texts` says what is searched and how words are compared, `index` makes the
indexes, `finding` asks them. What lies beside the rows is written by `crm.writing` alone.
"""
