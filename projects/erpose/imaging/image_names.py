"""Image names, compared across tools and operating systems."""
import re
import unicodedata
from typing import List, Optional
from urllib.parse import unquote


def base_name(name: str) -> str:
    """The last part of a path with slashes or backslashes."""
    return re.split(r'[\\/]', name)[-1]


def name_parts(name: str) -> List[str]:
    """Folders and name of an image, without case, drive, percent-encoding or Unicode form.

    Label Studio's ``/data/local-files/?d=a/1.jpg`` is read as a/1.jpg; other URLs lose
    query and fragment.

    Args:
        name (str): A path or URL, of any operating system.

    Returns:
        list[str]: At least one part, which may be empty.
    """
    query: Optional[re.Match] = re.search(r'\?d=([^&]+)', name)
    if query:
        name = query.group(1)
    elif '://' in name:
        name = re.split('[?#]', name)[0]
    name = unicodedata.normalize('NFC', unquote(name)).casefold().strip()
    name = unicodedata.normalize('NFC', name)
    return [part for part in re.split(r'[\\/]+', name)
            if part not in ('', '.', '..') and not re.fullmatch('[a-z]:', part)] or ['']
