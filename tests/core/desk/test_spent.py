"""Which buttons are taken away after one was pressed."""

from gateway.core.desk.spent import is_spent

MESSAGES = {
    # the buttons of a message: for each that is pressed what goes
    ("publish k7f", "delete k7f"): {"publish k7f": "both", "delete k7f": "both"},
    ("undo k7f", "delete k7f"): {"undo k7f": "undo k7f", "delete k7f": "both"},  # a post that can't be undone can be deleted
    ("release 17", "discard 17", "release 18"): {"release 17": "release 17, discard 17", "discard 17": "release 17, discard 17"},
    ("reply k7f", "mute bob", "block bob"): {"reply k7f": "", "mute bob": "mute bob", "block bob": ""},  # that one asks back
    ("block bob sure",): {"block bob sure": "block bob sure"},
    ("follow bob", "follow carol"): {"follow bob": "follow bob"},
    ("refuse bob", "refuse carol"): {"refuse carol": "refuse carol"},
    ("link abc",): {"link abc": "link abc"},
    ("https", "unheard of"): {"unheard of": ""},
}  # fmt: skip


def test_what_is_settled_by_pressing_one_goes_and_nothing_else() -> None:
    for buttons, pressed in MESSAGES.items():
        for action, gone in pressed.items():
            spent = ", ".join(one for one in buttons if is_spent(one, action))
            assert spent == (", ".join(buttons) if gone == "both" else gone), action
