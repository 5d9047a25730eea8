"""Excel workbooks (.xlsx) read as a stream: memory does not grow with the file, however it is made.

What may come in is a zip of XML that somebody else wrote: everything that grows has a limit here,
and no part is unpacked to disk but the texts that cells share.
"""

from crm.importing.xlsx.book import XlsxFile, open_xlsx
from crm.importing.xlsx.package import is_excel

__all__ = ["XlsxFile", "is_excel", "open_xlsx"]
