"""The icons: a 24 grid, 1.75 stroke, round ends; always beside a word."""

ICONS = {
    "lock": '<rect x="4" y="10" width="16" height="10" rx="2"/><path d="M8 10V7a4 4 0 0 1 8 0v3"/>',
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v5M12 7.6v.1"/>',
    "care": '<path d="M12 3.5 21.5 20h-19z"/><path d="M12 10v4.5M12 17.2v.1"/>',
    "check": '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
    "checked": '<circle cx="12" cy="12" r="9"/><path d="m8 12.3 2.8 2.8L16 9.6"/>',
    "file": '<path d="M6 3h8l4 4v14H6z"/><path d="M14 3v4h4"/>',
    "down": '<path d="M12 4v11M7 10.5l5 5 5-5M5 20h14"/>',
    "flag": '<path d="M6 21V4h11l-2 4 2 4H6"/>',
    "reply": '<path d="M9 8 4 12.5 9 17"/><path d="M4 12.5h9a6 6 0 0 1 6 6"/>',
    "link": (
        '<path d="M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7L12 7"/>'
        '<path d="M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7L12 17"/>'
    ),
    "bell": '<path d="M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15z"/><path d="M10 21h4"/>',
    "stone": '<path d="M12 3.5v17M4 20.5h16M7 20.5V10a5 5 0 0 1 10 0v10.5"/>',
    "eye-off": (
        '<path d="M4 4l16 16M9.9 5.2A10 10 0 0 1 12 5c5 0 8.5 4 9.5 7a12 12 0 0 1-2.4'
        ' 3.7M6.2 7.2A12 12 0 0 0 2.5 12c1 3 4.5 7 9.5 7a10 10 0 0 0 4-.8"/>'
    ),
    "key": '<circle cx="8" cy="15" r="4.5"/><path d="m11.2 11.8 8.3-8.3M16 7l3 3"/>',
    "copy": (
        '<rect x="8" y="8" width="12" height="12" rx="2"/>'
        '<path d="M16 8V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h2"/>'
    ),
    "print": (
        '<path d="M7 9V4h10v5M7 17H4v-6a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v6h-3"/>'
        '<rect x="7" y="14" width="10" height="6"/>'
    ),
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5.3l3.5 2"/>',
    "people": (
        '<circle cx="9" cy="8.5" r="3.5"/>'
        '<path d="M2.5 20c.5-4 3-6 6.5-6s6 2 6.5 6"/>'
        '<path d="M16 5.3a3.5 3.5 0 0 1 0 6.4M18 14.5c2 .8 3.2 2.7 3.5 5.5"/>'
    ),
}
