"""The collector on a real Slurm agrees with what sacctmgr itself says."""

from collections import Counter

from exporter.config.cluster import Slurm
from exporter.departments import Directory
from exporter.slurm.checks import check
from exporter.slurm.collector import SlurmCollector, open_source
from tests.slurm import people
from tests.slurm.cluster import SlurmCluster
from tests.slurm.real import HOUR, NOW, SCHOOLS, collector, settings
from tests.slurm.samples import Values, values


def plain_table(cluster: SlurmCluster, what: str) -> list[dict[str, str]]:
    """Return sacctmgr's own table with its own columns (``-p``: a ``|`` after every field), another way than ours."""
    lines = cluster.run("sacctmgr", "-p", "show", what).removesuffix("\n").split("\n")
    header, rows = lines[0].removesuffix("|").split("|"), [line.removesuffix("|") for line in lines[1:]]
    return [dict(zip(header, _fields(row, len(header)), strict=True)) for row in rows]


def _fields(row: str, count: int) -> list[str]:
    """Split a row; the last field takes what is left."""
    return row.split("|", count - 1)


def test_agreement_with_plain_sacctmgr(slurm_cluster: SlurmCluster) -> None:
    """Every figure agrees with sacctmgr's own tables, read another way, hostile organizations included."""
    directory = Directory()
    found = values(collector(slurm_cluster.environment, directory).refresh(NOW).families)
    organization = {row["Account"]: row["Org"] for row in plain_table(slurm_cluster, "account")}
    default = {row["User"]: row["Def Acct"] for row in plain_table(slurm_cluster, "user")}
    department = {user: " ".join(organization[account].split()) for user, account in default.items()}

    assert found["slurm_users"] == {(): len(default)}
    assert found["slurm_accounts"] == {(): len(organization)}
    counted = {labels[0]: count for labels, count in found["slurm_department_users"].items()}
    cut = {
        name if len(name) <= 128 else name[:127] + "…": count for name, count in Counter(department.values()).items()
    }
    assert counted == cut
    assert {user: name.rstrip("…")[:100] for user, name in directory.departments.items()} == {
        user: name[:100] for user, name in department.items()
    }


def test_known_departments(slurm_cluster: SlurmCluster) -> None:
    """The users that the tests made come out under the departments and schools that they were given."""
    found = values(collector(slurm_cluster.environment).refresh(NOW).families)
    assert found["slurm_users"] == {(): 1 + 300 + 2 * len(people.HOSTILE)}
    assert found["slurm_accounts"] == {(): 1 + 9 + len(people.HOSTILE)}
    long = "institute of " + "very " * 40
    assert found["slurm_department_users"] == {
        ("root", "other"): 1,
        ("cs", "CEC"): 102, ("cs-instr", "CEC"): 66, ("aoes", "COS"): 66, ("phys", "COS"): 66,
        ("life|sci|ences", "other"): 2, ("o`neil \\ `x` {y}=z\\n", "other"): 2, ("größe и 数学", "other"): 2,
        ("computer science", "CLA"): 4, ("mathe matics", "other"): 2, (long[:127] + "…", "other"): 2,
        ("line sep vt fs nel", "other"): 2, ("100% <b>&amp;</b>,", "other"): 2,
    }  # fmt: skip


def test_agreement_one_user_at_a_time(slurm_cluster: SlurmCluster) -> None:
    """The directory agrees with what sacctmgr says of single users, asked one by one."""
    directory = Directory()
    collector(slurm_cluster.environment, directory).refresh(NOW)
    for user in ("root", "u0000", "u0010", "u0299", "pipe1"):
        account = slurm_cluster.run("sacctmgr", "-nP", "show", "user", user, "format=defaultaccount").strip()
        assert (
            directory.of(user) == slurm_cluster.run("sacctmgr", "-nP", "show", "account", account, "format=org").strip()
        )


def test_changes_are_seen(slurm_cluster: SlurmCluster) -> None:
    """A new user, another default account, a renamed organization and a deleted account are in the next question."""
    directory = Directory()
    slurm = collector(slurm_cluster.environment, directory)
    before = values(slurm.refresh(NOW).families)

    def change(*words: str) -> None:
        slurm_cluster.run("sacctmgr", "-i", *words)

    try:
        change("add", "account", "bio", "organization=biology")
        change("add", "user", "newcomer", "account=bio,cs", "defaultaccount=bio")
        slurm.refresh(NOW + HOUR)
        assert directory.of("newcomer") == "biology"
        change("modify", "account", "bio", "set", "organization=life sciences")
        slurm.refresh(NOW + 2 * HOUR)
        assert directory.of("newcomer") == "life sciences"
        change("modify", "user", "newcomer", "set", "defaultaccount=cs")
        slurm.refresh(NOW + 3 * HOUR)
        assert directory.of("newcomer") == "cs"
    finally:
        change("delete", "user", "newcomer")
        change("delete", "account", "bio")
    assert values(slurm.refresh(NOW + 4 * HOUR).families) == before


def test_user_whose_default_account_was_deleted(slurm_cluster: SlurmCluster) -> None:
    """A user without default account counts, under the department unknown."""
    slurm_cluster.run("sacctmgr", "-i", "add", "account", "shortlived", "organization=brief")
    slurm_cluster.run("sacctmgr", "-i", "add", "user", "stranded", "account=shortlived")
    slurm_cluster.run("sacctmgr", "-i", "delete", "account", "shortlived")
    directory = Directory()
    try:
        found = values(collector(slurm_cluster.environment, directory).refresh(NOW).families)
        assert "stranded|\n" in slurm_cluster.run("sacctmgr", "-nP", "show", "user", "format=user,defaultaccount")
        assert found["slurm_department_users"]["unknown", "unknown"] == 1
        assert directory.of("stranded") == "unknown"
    finally:
        slurm_cluster.run("sacctmgr", "-i", "delete", "user", "stranded")


def test_check_passes(slurm_cluster: SlurmCluster) -> None:
    """``umbrella check`` finds every command of a healthy cluster in order."""
    lines = list(check(settings(), SCHOOLS, slurm_cluster.environment))
    assert [line.name for line in lines] == ["slurm accounts", "slurm users", "slurm PrivateData", "slurm departments"]
    assert all(line.ok for line in lines)


def test_ordinary_user_without_private_data(slurm_cluster: SlurmCluster) -> None:
    """Where slurmdbd hides nothing, any user of the system reads everything: no right is needed."""
    found = values(collector(slurm_cluster.as_user("nobody")).refresh(NOW).families)
    assert found == values(collector(slurm_cluster.environment).refresh(NOW).families)


def test_root_user_deleted(slurm_cluster: SlurmCluster) -> None:
    """A cluster whose user root was deleted is read all the same: slurmdbd says that it hides nobody."""
    slurm_cluster.run("sacctmgr", "-i", "delete", "user", "root")
    try:
        # Slurm's own administrators are asked as somebody else: without its row, root may not change anything back.
        found: Values = values(collector(slurm_cluster.environment).refresh(NOW).families)
        assert found["slurm_users"] == {(): 300 + 2 * len(people.HOSTILE)}
        assert ("root", "other") not in found["slurm_department_users"]
    finally:
        slurm_cluster.run("sacctmgr", "-i", "add", "user", "root", "account=root", "adminlevel=administrator")


def test_prefix_as_ssh(slurm_cluster: SlurmCluster) -> None:
    """Behind a prefix that hands one word to a remote shell, as ssh does, the answers are the same."""
    remote = Slurm(source="cli", command_prefix=("sh", "-c"), command_prefix_shell=True)
    slurm = SlurmCollector(open_source(remote, slurm_cluster.environment), remote, Directory(), SCHOOLS, None)
    assert values(slurm.refresh(NOW).families) == values(collector(slurm_cluster.environment).refresh(NOW).families)


def test_variables_of_slurm_change_nothing(slurm_cluster: SlurmCluster) -> None:
    """Settings of Slurm's commands in our own environment do not reach them."""
    noise = {"SLURM_TIME_FORMAT": "%s", "SACCT_FORMAT": "x", "SLURM_CLUSTERS": "elsewhere", "SLURM_DEBUG": "9"}
    found = collector(slurm_cluster.environment | noise).refresh(NOW)
    assert values(found.families) == values(collector(slurm_cluster.environment).refresh(NOW).families)


def test_nodes_and_jobs_are_there(slurm_cluster: SlurmCluster) -> None:
    """The cluster of these tests is a whole one: nodes with GPUs that wait for jobs."""
    nodes = slurm_cluster.run("sinfo", "-hN", "-p", "main", "-o", "%N %G").split("\n")
    assert nodes[:3] == ["cpu00 (null)", "gpu00 gpu:l4:4", "gpu01 gpu:rtxa6000:2"]
