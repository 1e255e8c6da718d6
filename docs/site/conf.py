"""Sphinx' settings; `build.py` calls it, on a copy of the pages to which the generated ones were added."""

import os

from judgebench import __version__

project = "judgebench"
author = "The judgebench authors"
copyright = author  # noqa: A001 - Sphinx' name
release = version = __version__

extensions = ["myst_parser"]
root_doc = "index"
exclude_patterns = ["site"]

# As on GitHub: tables, anchors of headings, nothing else.
myst_heading_anchors = 4
highlight_language = "none"
smartquotes = False  # two hyphens begin an option

html_theme = "pydata_sphinx_theme"
html_context = {"default_mode": "auto"}
html_sidebars = {"index": [], "start": []}  # no pages are below them
html_title = "judgebench"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_last_updated_fmt = None  # the same pages give the same site
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": True,
    "collapse_navigation": True,  # the toggles of the sidebar have no name for a screen reader
    "navigation_with_keys": False,
    "use_edit_page_button": False,
}
# Where the site is published, next to its other versions; without it there is one version and no switcher.
if site := os.environ.get("DOCS_URL"):
    html_baseurl = f"{site.rstrip('/')}/{os.environ.get('DOCS_VERSION', 'dev')}/"
    html_theme_options |= {
        "switcher": {
            "json_url": f"{site.rstrip('/')}/versions.json",
            "version_match": os.environ.get("DOCS_VERSION", "dev"),
        },
        "check_switcher": False,  # no network in a build
        "navbar_start": ["navbar-logo", "version-switcher"],
        "show_version_warning_banner": True,
    }
