"""Fetches a model's files from the hub into its cache: hub.py REPO REVISION LIST TOTAL.

Writes the bytes to come into TOTAL, and the files with their sizes into LIST when all are whole. Files that come by plain
HTTP go on where an earlier process stopped. Exit: 3 refused, 4 no such model, 5 disk full, 6 damaged, 1 other.
"""
import errno, fnmatch, json, os, shutil, struct, sys
from concurrent.futures import ThreadPoolExecutor
from huggingface_hub import HfApi, constants, get_hf_file_metadata, hf_hub_url, snapshot_download
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError
from huggingface_hub.file_download import http_get, repo_folder_name
from huggingface_hub.utils import build_hf_headers

# What was not written yet is lost with the process, and looks like a stall; the library's own pieces are of 10 MiB.
constants.DOWNLOAD_CHUNK_SIZE = 1_000_000

TEXTS = ["*.json", "*.txt", "*.model", "*.jinja", "*.tiktoken"]
LARGE = 10_000_000


def wanted(files):
    """Weights at the top of the repository, in the safe format where there is one; and what describes them."""
    top = [f for f in files if "/" not in f.path]
    safe = [f for f in top if f.path.endswith(".safetensors")]
    parts = [f for f in safe if f.path.startswith("model")]
    weights = parts or safe or [f for f in top if f.path.endswith((".bin", ".pt"))]
    return weights, [f for f in top if any(fnmatch.fnmatch(f.path, pattern) for pattern in TEXTS)]


def resume(repo, commit, path, blobs):
    meta = get_hf_file_metadata(hf_hub_url(repo, path, revision=commit))
    if meta.xet_file_data is not None and not constants.HF_HUB_DISABLE_XET:
        return
    blob, part = os.path.join(blobs, meta.etag), os.path.join(blobs, meta.etag + ".part")
    if os.path.exists(blob):
        return
    headers = build_hf_headers() if meta.location.startswith(constants.ENDPOINT) else {}
    with open(part, "ab") as out:
        if out.tell() > meta.size:
            out.truncate(0)
        http_get(meta.location, out, resume_size=out.tell(), headers=headers, expected_size=meta.size)
    os.replace(part, blob)


def problem(path, size):
    """What is wrong with a file, or nothing. The header of safetensors says how long the file is."""
    real = os.path.getsize(path)
    if real != size:
        return f"{real} bytes instead of {size}"
    if path.endswith(".safetensors"):
        try:
            with open(path, "rb") as file:
                (length,) = struct.unpack("<Q", file.read(8))
                header = json.loads(file.read(min(length, size)))
            end = max((e["data_offsets"][1] for name, e in header.items() if name != "__metadata__"), default=0)
        except (ValueError, KeyError, TypeError, AttributeError, struct.error):
            return "no header of safetensors"
        if 8 + length + end != size:
            return f"its header speaks of {8 + length + end} bytes, it has {size}"
    return None


def fetch(repo, revision, total_file):
    api = HfApi()
    commit = api.model_info(repo, revision=revision).sha
    weights, texts = wanted([f for f in api.list_repo_tree(repo, revision=commit) if hasattr(f, "size")])
    files = weights + texts
    total = sum(f.size for f in files)
    with open(total_file, "w") as out:
        out.write(f"{total}\n")
    storage = os.path.join(constants.HF_HUB_CACHE, repo_folder_name(repo_id=repo, repo_type="model"))
    blobs = os.path.join(storage, "blobs")
    os.makedirs(blobs, exist_ok=True)
    # Of a process that was killed: nobody goes on with these.
    for name in os.listdir(blobs):
        if name.endswith(".incomplete"):
            os.unlink(os.path.join(blobs, name))
    have = sum(os.stat(os.path.join(blobs, name)).st_blocks * 512 for name in os.listdir(blobs))
    free = shutil.disk_usage(blobs).free
    if total - have > free:
        raise OSError(errno.ENOSPC, f"{total - have} bytes to come, {free} bytes free")
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(lambda f: resume(repo, commit, f.path, blobs), [f for f in files if f.size >= LARGE]):
            pass
    names = [f.path for f in files]
    folder = snapshot_download(repo, revision=revision, allow_patterns=names)
    return folder, {f.path: f.size for f in files}


def main(repo, revision, list_file, total_file):
    for attempt in (1, 2):
        folder, files = fetch(repo, revision, total_file)
        bad = {}
        for path, size in files.items():
            what = problem(os.path.join(folder, path), size)
            if what:
                bad[path] = what
                os.unlink(os.path.realpath(os.path.join(folder, path)))
                os.unlink(os.path.join(folder, path))
        if not bad:
            break
        if attempt == 2:
            print("; ".join(f"{path}: {what}" for path, what in bad.items()))
            return 6
    with open(list_file + ".new", "w") as out:
        out.write(f"{repo} {revision}\n")
        out.writelines(f"{size} {os.path.join(folder, path)}\n" for path, size in files.items())
    os.replace(list_file + ".new", list_file)
    return 0


def code(error):
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return 5
    if isinstance(error, GatedRepoError) or status == 403:
        return 3
    if status == 401 and "Invalid credentials" in str(error):
        return 3
    # Who has no token is told 401 of what is not there, too.
    return 4 if isinstance(error, (RepositoryNotFoundError, RevisionNotFoundError)) or status in (401, 404) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except Exception as error:
        print(type(error).__name__ + ":", " ".join(str(error).split()))
        sys.exit(code(error))
