/** A guest's disks: the image with what the guest writes over it, and the machine's own fast disk. */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { GuestFacts } from './facts.js'
import { GPU_FILE, gpusOf } from './gpu.js'
import { run } from './shell.js'

export interface Disk {
  /** The guest's root, while it is mounted. */
  readonly root: string
  /** Of the machine's own disk, on this computer. */
  readonly nvme: string
  mount(): Promise<void>
  /** The machine's own disk loses what is on it, as EC2's does when a machine stops. */
  unmount(): Promise<void>
}

/** Made for the first boot; keeps what the guest writes until the folder is removed. */
export function makeDisk(folder: string, image: string, facts: GuestFacts, hostname: string): Disk {
  const [upper, work, root, nvme] = ['upper', 'work', 'root', 'nvme'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ]
  return {
    root,
    nvme,
    mount: async () => {
      const isNew = !existsSync(upper)
      for (const each of [upper, work, root, nvme]) await mkdir(each, { recursive: true })
      const options = `lowerdir=${image},upperdir=${upper},workdir=${work}`
      await run(['mount', '-t', 'overlay', '-o', options, 'overlay', root])
      if (facts.nvmeMiB !== undefined)
        await run(['mount', '-t', 'tmpfs', '-o', `size=${String(facts.nvmeMiB)}m`, 'tmpfs', nvme])
      if (isNew) await seed(root, facts, hostname)
    },
    unmount: async () => {
      await run(['umount', root])
      if (facts.nvmeMiB !== undefined) await run(['umount', nvme])
      await rm(nvme, { recursive: true, force: true })
    },
  }
}

/** What makes it a machine of its own. The seed stays for later boots: the same id says that they are no first ones. */
async function seed(root: string, facts: GuestFacts, hostname: string): Promise<void> {
  const folder = join(root, 'var/lib/cloud/seed/nocloud')
  await mkdir(folder, { recursive: true })
  const { instanceId, publicKeys, userData } = facts
  const about = { 'instance-id': instanceId, 'local-hostname': hostname, 'public-keys': publicKeys }
  await writeFile(join(folder, 'meta-data'), JSON.stringify(about))
  await writeFile(join(folder, 'user-data'), userData, { mode: 0o600 })
  await writeFile(join(root, 'etc/machine-id'), `${randomUUID().replaceAll('-', '')}\n`)
  await writeFile(join(root, GPU_FILE), facts.gpu ?? gpusOf(facts.instanceType))
}
