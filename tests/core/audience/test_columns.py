"""What lists of other services say of people. Headers are as these services write them; the people are ours."""

import csv
from datetime import UTC, datetime

import pytest

from gateway.core.audience.columns import Person, read, sniff
from gateway.core.errors import Invalid

MAILCHIMP = "Email Address,First Name,Last Name,Address,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LAST_CHANGED,LEID,EUID,NOTES,TAGS"
GHOST = (
    "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers"
)
SUBSTACK = "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at"
BUTTONDOWN = "id,creation_date,email_address,notes,metadata,tags,type,unsubscription_date,undeliverability_date"
LISTMONK = "uuid,email,name,attributes,status,created_at,updated_at"
OURS = "email,status,cadence,asked_at,confirmed_at,left_at"


def said(header: str, line: str, file: str = "list.csv") -> tuple[str, Person]:
    first, cells = csv.reader([header, line])
    columns = sniff(first, file=file)
    return columns.service, read(columns, cells)


@pytest.mark.parametrize(
    ("service", "header", "line", "standing"),
    [
        ("Substack", SUBSTACK, "bob@example.com,false,,free,false,2024-01-15T10:00:00.000Z,", "active"),
        ("Substack", SUBSTACK, "bob@example.com,true,,yearly,true,2024-01-15T10:00:00.000Z,", "unsubscribed"),
        ("Ghost", GHOST, "1,bob@example.com,Bob,,true,false,,2024-01-15T10:00:00.000Z,,,", "active"),
        ("Ghost", GHOST, "1,bob@example.com,Bob,,false,false,,2024-01-15T10:00:00.000Z,,,", "unsubscribed"),
        ("Ghost", GHOST, "1,bob@example.com,Bob,,,false,,2024-01-15T10:00:00.000Z,,,", "unknown"),
        ("Ghost", GHOST, "1,bob@example.com,Bob,,true,,,2024-01-15,2024-02-01T00:00:00.000Z,,", "unsubscribed"),
        ("listmonk", LISTMONK, 'u,bob@example.com,Bob,"{""a"": 1}",enabled,2024-01-15 10:00:00.1 +0000 UTC,', "active"),
        ("listmonk", LISTMONK, "u,bob@example.com,Bob,{},disabled,2024-01-15 10:00:00 +0000 UTC,", "unsubscribed"),
        ("listmonk", LISTMONK, "u,bob@example.com,Bob,{},blocklisted,2024-01-15 10:00:00 +0000 UTC,", "blocked"),
        ("Mailchimp", MAILCHIMP, "bob@example.com,,,,2,2024-01-15 10:00:00,,2024-01-15 10:01:00,,,1,a,,", "active"),
        ("Mailchimp", MAILCHIMP, "bob@example.com,,,,2,2024-01-15 10:00:00,,,,,1,a,,", "unconfirmed"),
        (
            "Mailchimp",
            MAILCHIMP + ",UNSUB_TIME,UNSUB_REASON",
            "bob@example.com,,,,2,2024-01-15 10:00:00,,2024-01-15 10:01:00,,,1,a,,,2024-02-01 09:00:00,No longer interested",
            "unsubscribed",
        ),
        (
            "Mailchimp",
            MAILCHIMP + ",CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID",
            "bob@example.com,,,,2,2024-01-15 10:00:00,,2024-01-15 10:01:00,,,1,a,,,2024-02-01 09:00:00,May,7",
            "bounced",
        ),
        ("Buttondown", BUTTONDOWN, "1,2024-01-15T10:00:00Z,bob@example.com,,{},[],regular,,", "active"),
        ("Buttondown", BUTTONDOWN, "1,2024-01-15T10:00:00Z,bob@example.com,,{},[],unactivated,,", "unconfirmed"),
        ("Buttondown", BUTTONDOWN, "1,2024-01-15T10:00:00Z,bob@example.com,,{},[],unsubscribed,,", "unsubscribed"),
        ("Buttondown", BUTTONDOWN, "1,2024-01-15T10:00:00Z,bob@example.com,,{},[],complained,,", "complained"),
        ("Buttondown", BUTTONDOWN, "1,2024-01-15T10:00:00Z,bob@example.com,,{},[],regular,,2024-02-01", "bounced"),
        ("Buttondown", BUTTONDOWN, "1,2024-01-15T10:00:00Z,bob@example.com,,{},[],something new,,", "unknown"),
        ("Buttondown", "email,creation_date,subscriber_type", "bob@example.com,2024-01-15T10:00:00Z,premium", "active"),
        ("Postroom", OURS, "bob@example.com,active,monthly,2024-01-15T10:00:00+00:00,,", "active"),
        ("Postroom", OURS, "bob@example.com,pending,weekly,2024-01-15T10:00:00+00:00,,", "unconfirmed"),
        ("Postroom", OURS, "bob@example.com,bounced,weekly,2024-01-15T10:00:00+00:00,,", "bounced"),
        ("a plain list", "Name;E-Mail".replace(";", ","), "Bob,bob@example.com", "active"),
        ("a plain list", "email,status", "bob@example.com,Unsubscribed", "unsubscribed"),
        ("a plain list", "email,status", "bob@example.com,who knows", "unknown"),
        ("a plain list", "email,confirmed_at", "bob@example.com,", "unconfirmed"),
        *(("a plain list", "email,opt_in", f"bob@example.com,{no}", "unconfirmed") for no in ("false", "No", "0", "")),
        *(
            ("a plain list", "email,Opt-In", f"bob@example.com,{yes}", "active")
            for yes in ("TRUE", "yes", "1", "on", "double")
        ),
        *(
            ("a plain list", "email,opt_in", f"bob@example.com,{at}", "active")
            for at in ("2021-03-04 10:00:00", "04.03.2021", "2021-03-04T10:00:00Z")
        ),
        ("a plain list", "email,optIn", "bob@example.com,perhaps", "unknown"),
        ("a plain list", "email,Double Opt-In", "bob@example.com,no", "unconfirmed"),
        ("a plain list", "email,status,opt_in", "bob@example.com,unsubscribed,no", "unsubscribed"),
        *(("a plain list", "email,opt_out", f"bob@example.com,{no}", "active") for no in ("false", "")),
        *(
            ("a plain list", "email,Opt-Out", f"bob@example.com,{yes}", "unsubscribed")
            for yes in ("yes", "x", "2021-03-04", "moved away")
        ),
        *(
            ("a plain list", "email,unsubscribed", f"bob@example.com,{no}", "active")
            for no in ("no", "Never", "-", "NULL", "n/a")
        ),
    ],
)
def test_each_service_is_known_and_its_states_are_respected(
    service: str, header: str, line: str, standing: str
) -> None:
    found, person = said(header, line)
    assert (found, person.address, person.standing) == (service, "bob@example.com", standing)
    if "2024-01-15" in line and service not in ("Mailchimp",):
        assert person.since is not None
        assert person.since.date().isoformat() == "2024-01-15"


def test_when_they_came_and_left_is_read_in_utc() -> None:
    _, person = said(MAILCHIMP + ",UNSUB_TIME", "b@example.com,,,,2,2024-01-15 10:00:00,,,,,1,a,,,2024-02-01 09:00:00")
    assert (person.since, person.left) == (
        datetime(2024, 1, 15, 10, tzinfo=UTC),
        datetime(2024, 2, 1, 9, tzinfo=UTC),
    )
    _, person = said(OURS, "b@example.com,active,weekly,2024-01-15T10:00:00+02:00,,")
    assert person.since == datetime(2024, 1, 15, 8, tzinfo=UTC)
    for nonsense in ("0001-01-01T00:00:00Z", "15/01/2024", "9999-12-31", "soon", "0001-01-01T00:00:00+14:00"):
        assert said(OURS, f"b@example.com,active,weekly,{nonsense},,")[1].since is None


@pytest.mark.parametrize(
    ("file", "standing"),
    [
        ("unsubscribed_email_audience_export_1.csv", "unsubscribed"),
        ("cleaned_members_export_1.csv", "bounced"),
        ("nonsubscribed_members_export_1.csv", "unconfirmed"),
        ("subscribed_members_export_1.csv", "active"),
    ],
)
def test_the_name_that_mailchimp_gives_a_file_says_what_its_columns_leave_out(file: str, standing: str) -> None:
    _, person = said(MAILCHIMP, "bob@example.com,,,,2,,,2024-01-15 10:01:00,,,1,a,,", file)
    assert person.standing == standing
    columns = sniff(["bob@example.com"], file=file)
    assert read(columns, ["bob@example.com"]).standing == standing


def test_a_list_without_a_header_is_known_by_its_addresses() -> None:
    columns = sniff(["Bob", "Bob@Example.com"])
    assert not columns.has_header
    assert read(columns, ["Bob", "Bob@Example.com"]).address == "bob@example.com"


def test_a_list_whose_addresses_are_not_found_is_refused_unless_their_column_is_named() -> None:
    with pytest.raises(Invalid, match="No column of this file"):
        sniff(["Who", "Where"])
    assert sniff(["Who", "Where"], column="where").address == 1
    with pytest.raises(Invalid, match="has no column"):
        sniff(["Who", "Where"], column="what")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (["", "Bob"], "no address"),
        (["bob at example.com", "Bob"], "no mail address"),
        (["b\N{REPLACEMENT CHARACTER}b@example.com", "Bob"], "damaged"),
        (["bob@example.com", "Bob", "Builder"], "more cells"),
        (["a@example.com, b@example.com", "Bob"], "no mail address"),
        (["b\0b@example.com", "Bob"], "no mail address"),
    ],
)
def test_a_line_that_names_nobody_for_sure_is_wrong(line: list[str], why: str) -> None:
    with pytest.raises(Invalid, match=why):
        read(sniff(["email", "name"]), line)
