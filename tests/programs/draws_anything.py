"""xhtml2pdf as it comes when nothing is forbidden: the control of the canaries. The document comes from standard input."""

import io
import logging
import sys

from xhtml2pdf.config.resources import PERMISSIVE_POLICY
from xhtml2pdf.document import pisaDocument

if __name__ == "__main__":
    logging.disable()
    pisaDocument(sys.stdin.read(), io.BytesIO(), resource_policy=PERMISSIVE_POLICY)
