/** A bare TCP relay in Node.js: what a process between client and engine costs at the very least. Says its port on IPC. */
import { connect, createServer } from 'node:net'

const engine = Number(process.argv[2])

const server = createServer({ noDelay: true }, (client) => {
  const onward = connect({ port: engine, host: '127.0.0.1', noDelay: true })
  client.pipe(onward).pipe(client)
  client.on('error', () => onward.destroy())
  onward.on('error', () => client.destroy())
})

server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }))
process.on('disconnect', () => process.exit(0))
