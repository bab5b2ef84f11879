"""The files of a private Slurm: everything in one directory, on loopback, as whoever runs the tests."""

import os
from dataclasses import dataclass
from pathlib import Path

CLUSTER = "testbed"


@dataclass(frozen=True)
class Node:
    """A compute node that exists on paper: its slurmd runs here and claims these resources."""

    name: str
    cpus: int
    memory: int  # MiB
    gpu: str | None = None  # type
    gpus: int = 0


NODES = (Node("cpu00", 32, 128_000), Node("gpu00", 16, 64_000, "l4", 4), Node("gpu01", 16, 64_000, "rtxa6000", 2))


@dataclass(frozen=True)
class Ports:
    """TCP ports on loopback."""

    controller: int
    accounting: int
    database: int
    nodes: tuple[int, ...]


def slurm_conf(directory: Path, ports: Ports, user: str) -> str:
    """Return slurm.conf: munge over a private socket, accounting, GPUs tracked, fast scheduling, no enforcement."""
    nodes = "\n".join(
        f"NodeName={node.name} NodeAddr=127.0.0.1 Port={port} CPUs={node.cpus} RealMemory={node.memory}"
        + (f" Gres=gpu:{node.gpu}:{node.gpus}" if node.gpu else "")
        for node, port in zip(NODES, ports.nodes, strict=True)
    )
    gpu_nodes = ",".join(node.name for node in NODES if node.gpu)
    return f"""\
ClusterName={CLUSTER}
SlurmctldHost=localhost
SlurmctldPort={ports.controller}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={directory}/munge/socket
AuthAltTypes=auth/jwt
AuthAltParameters=jwt_key={directory}/jwt.key
CredType=cred/munge
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool-%n
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/slurmd-%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=100
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=2,sched_interval=2
PriorityType=priority/multifactor
GresTypes=gpu
SlurmdParameters=config_overrides
ReturnToService=2
MinJobAge=86400
KillWait=2
MessageTimeout=10
MailProg=/bin/true
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=localhost
AccountingStoragePort={ports.accounting}
AccountingStoragePass={directory}/munge/socket
AccountingStorageTRES=gres/gpu,gres/gpu:l4,gres/gpu:rtxa6000
AccountingStorageEnforce=associations
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=7-00:00:00 State=UP
PartitionName=gpu Nodes={gpu_nodes} MaxTime=1-00:00:00 State=UP
"""


def slurmdbd_conf(directory: Path, ports: Ports, user: str, private: str = "") -> str:
    """Return slurmdbd.conf; ``private`` is PrivateData, such as ``users,accounts``."""
    return f"""\
AuthType=auth/munge
AuthInfo=socket={directory}/munge/socket
AuthAltTypes=auth/jwt
AuthAltParameters=jwt_key={directory}/jwt.key
DbdHost=localhost
DbdPort={ports.accounting}
SlurmUser={user}
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={ports.database}
StorageUser=admin
StoragePass=admin
StorageLoc=slurm_accounting
LogFile={directory}/slurmdbd.log
PidFile={directory}/slurmdbd.pid
{f"PrivateData={private}" if private else ""}
"""


def gres_conf(directory: Path) -> str:
    """Return gres.conf: empty files stand for the devices."""
    lines = ["AutoDetect=off"]
    for node in NODES:
        for index in range(node.gpus):
            device = directory / f"{node.name}-gpu{index}"
            device.touch()
            lines.append(f"NodeName={node.name} Name=gpu Type={node.gpu} File={device}")
    return "\n".join(lines) + "\n"


def write(directory: Path, ports: Ports, user: str, private: str = "") -> None:
    """Write all files into ``directory``; slurmdbd insists on mode 0600 for its own."""
    (directory / "slurm.conf").write_text(slurm_conf(directory, ports, user))
    (directory / "gres.conf").write_text(gres_conf(directory))
    secret = directory / "slurmdbd.conf"
    secret.touch(mode=0o600)
    secret.write_text(slurmdbd_conf(directory, ports, user, private))
    # munge refuses a folder that others may write and needs one that they may pass through.
    (directory / "munge").mkdir(mode=0o711, exist_ok=True)
    for key in (directory / "munge" / "key", directory / "jwt.key"):
        if not key.exists():
            key.touch(mode=0o600)
            key.write_bytes(os.urandom(128))
    for folder in ("state", *(f"spool-{node.name}" for node in NODES)):
        (directory / folder).mkdir(exist_ok=True)
