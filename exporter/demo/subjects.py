"""What people ask a research-computing help desk: templates of subjects by category, filled in from word lists."""

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "cluster": ("Kestrel", "Kestrel", "Osprey", "the cluster"),
    "node": ("kes-c012", "kes-c104", "kes-g003", "osp-07", "osp-21", "the login node", "login2"),
    "gpunode": ("kes-g001", "kes-g003", "kes-g007", "kes-dgx2", "osp-gpu4"),
    "partition": ("normal", "bigmem", "gpuq", "contrib", "interactive", "long", "debug"),
    "reason": (
        "Priority", "Resources", "AssocGrpCpuLimit", "QOSMaxJobsPerUserLimit", "Dependency", "ReqNodeNotAvail",
    ),
    "code": (
        "GROMACS", "LAMMPS", "VASP", "Quantum ESPRESSO", "WRF", "OpenFOAM", "MATLAB", "R", "AMBER", "NAMD",
        "Gaussian", "CESM", "ANSYS Fluent", "COMSOL", "ABAQUS", "BLAST", "Nextflow", "Stata", "Julia", "CP2K",
    ),
    "library": (
        "netcdf-fortran", "HDF5", "GDAL", "Boost", "FFTW", "PETSc", "MKL", "rgdal", "sf", "mpi4py", "numpy",
        "geopandas", "scikit-learn", "tidyverse", "Seurat", "xarray", "pybind11", "Eigen",
    ),
    "mpi": ("OpenMPI", "Intel MPI", "MVAPICH2", "MPICH"),
    "framework": ("PyTorch", "TensorFlow", "JAX", "Keras", "RAPIDS"),
    "gpu": ("A100", "V100", "H100", "L40S", "MIG slice"),
    "space": ("/home", "/scratch", "/projects", "my group folder", "the lab share"),
    "size": ("200 GB", "1 TB", "5 TB", "20 TB", "50 GB", "3 million files"),
    "where": (
        "Box", "OneDrive", "our lab server", "AWS S3", "another university", "my laptop", "NCAR", "an external disk",
    ),
    "tool": ("Globus", "rclone", "rsync", "scp", "FileZilla", "sftp"),
    "number": ("4", "8", "16", "32", "64", "128", "256"),
    "job": ("1843201", "2210874", "2391127", "2507733", "2610459", "2745018", "2899140"),
    "class": ("CS 580", "BINF 630", "STAT 554", "ECE 554", "GGS 650", "CDS 302"),
    "app": ("Jupyter", "RStudio", "the remote desktop", "VS Code", "MATLAB", "the shell", "ParaView"),
    "version": ("3.10", "3.12", "4.3", "2024a", "11.8", "12.4", "2023.1", "9.0"),
    "cuda": ("11.8", "12.1", "12.4", "12.6"),
    "when": (
        "since this morning", "since the maintenance", "since yesterday", "again", "after the update", "every time",
    ),
    "image": ("a Singularity image", "my Apptainer container", "a Docker image", "the NGC container", "a SIF file"),
}  # fmt: skip

SUBJECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "scheduler": (
        "Job pending with reason ({reason})", "Job {job} pending for three days",
        "sbatch rejects my script on {partition}", "How do I ask for more than {number} cores on {partition}?",
        "My job was cancelled due to time limit", "Please extend the time limit of job {job}",
        "Cannot submit jobs {when}", "Slurm says invalid account or partition",
        "Job array with {number} tasks only starts a few", "Out of memory: job {job} killed by the OOM handler",
        "squeue shows {reason}, what does it mean?", "Which partition should I use for {code}?",
        "Jobs in {partition} stuck in completing state", "Priority of my jobs very low {when}",
        "Need help writing a Slurm script for {code}", "Request for a reservation, {class}",
        "Job exits at once with exit code 1", "Node failure ended job {job}",
        "Job hits the memory limit although I asked for {number} GB", "QOS limit reached on {partition}",
        "Request to run a 7 day job", "{code} job does not start",
    ),
    "software": (
        "Please install {code}", "Install {code} {version} as a module", "Request for {library}",
        "module load {code} fails", "Cannot compile {library} on {cluster}", "{library} not found when I run {code}",
        "R package {library} will not install", "conda environment broken {when}",
        "pip install {library} fails with a compiler error", "Python {version} module missing",
        "License error starting {code}", "{code} crashes with segmentation fault",
        "Version of {code} too old, update possible?", "GLIBC version not found running {code}",
        "Spack build of {library} fails", "Undefined symbol in {library} {when}",
        "Can {code} be made available for {class}?", "How to use my own {library} with {code}",
        "{code} toolbox missing", "Modules disappeared {when}", "Import error for {library} in my environment",
    ),
    "storage": (
        "Quota exceeded in {space}", "More space in {space} please ({size})", "Request for {size} of project storage",
        "Deleted files in {space} by mistake, backup?", "{space} very slow {when}",
        "Disk full although I deleted everything", "Cannot write to {space}", "Permission denied in {space}",
        "Files in {space} purged?", "Stale file handle on {node}", "Share a folder in {space} with my group",
        "No space left on device during {code} run", "How long are files in {space} kept?",
        "Too many files in {space}", "{space} not mounted on {node}", "Restore a directory from last week",
        "New group folder for our lab", "Input/output error reading {space}",
    ),
    "transfer": (
        "Transfer of {size} from {where}", "{tool} stops after some minutes",
        "How to move data from {where} to {cluster}?", "{tool} endpoint not reachable {when}",
        "Upload to {space} too slow with {tool}", "{tool} asks for a password over and over",
        "Copying {size} to {where} before I graduate", "Globus permission denied on {space}",
        "Checksum differs after {tool}", "Connection reset while copying to {where}",
        "Automatic sync of {space} with {where}",
    ),
    "access": (
        "New account request", "Account for a new graduate student", "Cannot log in to {cluster}",
        "Password not accepted {when}", "ssh: connection timed out {when}", "ssh key no longer works on {cluster}",
        "Two-factor code rejected", "Account expired, please renew", "Add a user to my Slurm account",
        "Access for {class} students", "Account for a visitor", "Permission denied (publickey) on {node}",
        "Host key verification failed", "VPN needed for {cluster}?", "Remove a former member from our group",
        "Locked out after several attempts", "Request for a generic account for our lab",
        "Cannot reach {node} from home",
    ),
    "gpu": (
        "{framework} does not see the GPU", "CUDA out of memory with {framework}",
        "How to request {number} {gpu} GPUs", "GPU job pending for days", "nvidia-smi fails on {gpunode}",
        "CUDA {cuda} not compatible with the driver", "{framework} with CUDA {cuda} please",
        "Training slow on {gpunode}", "GPU utilisation near zero, what is wrong?", "NCCL error with {number} GPUs",
        "Only one {gpu} used out of {number}", "Which GPU partition for {framework}?", "cuDNN library missing {when}",
        "Access to the {gpu} nodes", "Xid error on {gpunode}", "GPU memory not freed on {gpunode}",
    ),
    "containers": (
        "Run {image} on {cluster}", "How can I build {image} without root?", "Apptainer: no space left in the cache",
        "Bind {space} into {image}", "Cannot pull {image}: too many requests",
        "{framework} inside {image} does not find the driver", "MPI with {image} over two nodes",
        "Fakeroot not allowed on {node}", "Singularity build fails {when}", "Convert a Docker image for {code}",
        "Permission problem in {image}",
    ),
    "interactive": (
        "{app} session on Open OnDemand does not start", "Open OnDemand: bad gateway", "{app} stuck in queued state",
        "Interactive {app} session ends after a few minutes", "salloc waits for ever", "{app} cannot find my kernel",
        "Cannot connect to {app} {when}", "X11 forwarding does not work", "How to run {app} on a compute node?",
        "Open OnDemand shows a blank page {when}", "More memory for {app}", "{app} kernel dies while loading data",
        "Remote desktop resolution too small",
    ),
    "parallel": (
        "{mpi} job hangs at start", "{code} slower on {number} nodes than on one",
        "MPI_Abort in {code} with {number} ranks", "srun or mpirun with {mpi}?", "{mpi} cannot find a transport",
        "OpenMP uses only one core", "Scaling of {code} over nodes", "Hybrid MPI and OpenMP script for {code}",
        "Segmentation fault with more than {number} ranks", "UCX error {when}", "mpi4py import fails under srun",
        "Processes pinned to the same core", "Bus error in {mpi} on {partition}",
    ),
    "system": (
        "{node} down?", "{cluster} very slow {when}", "Login node hangs",
        "Cannot fork: resource unavailable on {node}", "Clock wrong on {node}", "Commands take minutes on {node}",
        "{node} does not answer {when}", "Is there an outage?", "All my jobs failed at the same time",
        "When is the next maintenance?", "Strange load on {node}", "Node {node} drained?",
        "Mail from the cluster does not arrive", "Kernel messages on my terminal",
    ),
}  # fmt: skip

SHARES: Final[Mapping[str, float]] = {
    "scheduler": 0.25, "software": 0.21, "storage": 0.12, "access": 0.12, "gpu": 0.08, "parallel": 0.06,
    "interactive": 0.05, "containers": 0.04, "system": 0.04, "transfer": 0.03,
}  # fmt: skip
"""Most tickets are about running jobs, then about modules and packages, then about storage."""

AWAY: Final = ("Out of office until Monday", "I am travelling: Out of office", "Away from my desk this week")
AUTOMATIC: Final = ("Automatic reply: {subject}", "Autoreply: {subject}", "Undeliverable: {subject}", "Auto: {subject}")
