"""Members come in by a file: added and changed by their address, line by line."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from crm.importing import members
from crm.models import Member
from tests.builders_crm import make_lead, make_member
from tests.workbooks import workbook

pytestmark = pytest.mark.django_db


def send(client, content, *, name="社員.csv", encoding="utf-8"):
    data = content if isinstance(content, bytes) else content.encode(encoding)
    return client.post(
        reverse("crm:members-import"), {"file": SimpleUploadedFile(name, data)}, follow=True
    )


def groups_of(member):
    return sorted(group.name for group in member.groups.all())


def test_new_members_are_added_with_section_groups_and_login(as_administrator):
    page = send(
        as_administrator,
        "氏名,メールアドレス,kintoneのログイン名,所属部署,グループ,状態\n"
        "佐藤花子,Sato@Example.com,sato,営業本部>東日本営業部,東日本;本社,有効\n"
        "鈴木一郎,ichiro@example.com,,,,無効\n",
    ).text

    assert "社員を2名追加し、0名変更しました。0名は変更なしです。" in page
    sato = Member.objects.get(email="sato@example.com")
    assert (sato.name, sato.login, sato.section) == ("佐藤花子", "sato", "営業本部＞東日本営業部")
    assert groups_of(sato) == ["本社", "東日本"]
    assert not Member.objects.get(email="ichiro@example.com").active


def test_members_that_are_there_change_in_what_the_file_has_columns_for(as_administrator):
    member = make_member(
        name="佐藤", email="sato@example.com", login="sato", groups=["東"], section="営業本部"
    )
    lead = make_lead(owner=member)

    page = send(as_administrator, "メールアドレス,氏名\nSATO@example.com,佐藤 花子\n").text

    assert "0名追加し、1名変更" in page
    member.refresh_from_db()
    assert (member.name, member.login, member.section) == ("佐藤 花子", "sato", "営業本部")
    assert groups_of(member) == ["東"]
    version = lead.version
    lead.refresh_from_db()
    assert lead.version > version, "the owner's name is shown by the lead"


def test_a_file_sent_twice_changes_nothing_the_second_time(as_administrator):
    text = "氏名,メールアドレス,所属部署\n佐藤花子,sato@example.com,営業本部\n"
    send(as_administrator, text)

    assert "0名追加し、0名変更しました。1名は変更なし" in send(as_administrator, text).text


def test_an_empty_cell_clears_a_section_and_a_login_but_takes_no_name_away(as_administrator):
    member = make_member(name="佐藤", email="sato@example.com", login="sato", section="営業本部")

    send(
        as_administrator,
        "メールアドレス,氏名,ログイン名,所属部署,グループ\nsato@example.com,,,,\n",
    )

    member.refresh_from_db()
    assert (member.name, member.login, member.section) == ("佐藤", "", "")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("佐藤,sato,", "有効なメールアドレスを入力してください。"),
        (",new@example.com,", "氏名を入力してください。"),
        ("佐藤,sato@example.com,休職", "状態には「有効」または「無効」を入力してください。"),
        ("佐藤,ok@example.com,有効", "2行目と同じメールアドレスです。"),
        ('佐藤,"sato@example.com', "引用符"),
        ("佐藤,sato@example.com", "列の数（2）が見出しの数（3）と違います。"),
    ],
)
def test_a_line_that_does_not_fit_is_named_and_the_others_come_in(as_administrator, line, reason):
    page = send(as_administrator, f"氏名,メールアドレス,状態\n大丈夫,ok@example.com,有効\n{line}\n")

    assert page.status_code == 422
    assert reason in page.text
    assert "ほかの行は取り込み済みです（追加1名、変更0名、変更なし0名）。" in page.text
    assert Member.objects.get().email == "ok@example.com"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("氏名,ログイン名\n佐藤,sato\n", "見出し「メールアドレス」の列がありません。"),
        ("メールアドレス,email\na@example.com,b@example.com\n", "の列が2つあります。"),
        ("", "ファイルが空です。"),
        (b"\x00\x01\x02", ""),
    ],
)
def test_a_file_that_is_none_of_members_is_refused_as_a_whole(as_administrator, content, reason):
    page = send(as_administrator, content)

    assert page.status_code == 422
    assert reason in page.text
    assert not Member.objects.exists()


def test_a_file_with_too_many_members_changes_nothing(as_administrator, monkeypatch):
    monkeypatch.setattr(members, "MOST", 1)

    page = send(as_administrator, "氏名,メールアドレス\nA,a@example.com\nB,b@example.com\n")

    assert "社員は1つのファイルで1名まで取り込めます。" in page.text
    assert not Member.objects.exists()


def test_a_workbook_is_taken_as_a_csv_is(as_administrator):
    content = workbook([["氏名", "メールアドレス"], ["佐藤花子", "sato@example.com"]])

    send(as_administrator, content, name="社員.xlsx")

    assert Member.objects.get().name == "佐藤花子"


def test_shift_jis_is_taken_as_excel_writes_it(as_administrator):
    send(as_administrator, "氏名,メールアドレス\n佐藤花子,sato@example.com\n", encoding="cp932")

    assert Member.objects.get().name == "佐藤花子"


def test_nobody_but_an_administrator_sends_members(as_general):
    assert as_general.get(reverse("crm:members-import")).status_code == 403
