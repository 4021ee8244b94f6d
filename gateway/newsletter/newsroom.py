"""What newsletter gives to the desk and the pages: this module has the shape of core's `Newsroom`, and comes with the house."""

from gateway.newsletter.drafts import arrange, entitle, introduce, leave_out, move, put_back, waiting
from gateway.newsletter.previews import preview, preview_url, send_test
from gateway.newsletter.themes import keep_templates, sample, templates

__all__ = [
    "arrange",
    "entitle",
    "introduce",
    "keep_templates",
    "leave_out",
    "move",
    "preview",
    "preview_url",
    "put_back",
    "sample",
    "send_test",
    "templates",
    "waiting",
]
