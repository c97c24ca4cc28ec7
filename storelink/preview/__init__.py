"""What messages look like before anybody gets them: samples, files, pictures, a gallery, a lint."""

from __future__ import annotations
