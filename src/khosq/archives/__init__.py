"""Files out of package-index archives, by hash; standard library only, for the set-up has nothing else yet."""

from khosq.archives.fetching import Archive, Progress, fetch_archive, fetch_members
from khosq.archives.index_settings import IndexSettings, read_index_settings
from khosq.archives.web import Web

__all__ = ["Archive", "IndexSettings", "Progress", "Web", "fetch_archive", "fetch_members", "read_index_settings"]
