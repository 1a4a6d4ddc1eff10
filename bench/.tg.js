import { fork, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, request } from 'node:http'
import { createServer, connect } from 'node:net'
import { loadTestCode } from '/tmp/wt/ssh/scripts/load-test-code.js'
const { startSshd } = await loadTestCode('fakes/sshd.ts')
const msg = (c) => new Promise((r) => c.once('message', r))
const sshd = await startSshd(process.env.SSHD_OPTS ? process.env.SSHD_OPTS.split(';') : [])
const up = fork('bench/upstream-process.js'); const engine = (await msg(up)).port
const args = (process.env.TP_ARGS||'').split(' ').filter(Boolean)
const gw = fork('bench/gateway-process.js', [String(engine)]); const door = (await msg(gw)).port
writeFileSync(join(sshd.dir, 'id'), sshd.userKey.privateKey, { mode: 0o600 })
const free = await new Promise(r => { const s = createServer().listen(0,'127.0.0.1',()=>{const p=s.address().port; s.close(()=>r(p))}) })
const ssh = spawn('ssh', ['-N','-L',`127.0.0.1:${free}:127.0.0.1:${engine}`,'-i',join(sshd.dir,'id'),'-p',String(sshd.place.port),'-o','StrictHostKeyChecking=no','-o','UserKnownHostsFile=/dev/null','-o','LogLevel=ERROR', ...(process.env.SSH_C?['-c',process.env.SSH_C]:[]), '127.0.0.1'], {stdio:'inherit'})
const open = (p) => new Promise(r => { const s = connect({port:p,host:'127.0.0.1'}); s.once('connect',()=>{s.destroy();r(true)}).once('error',()=>r(false)) })
while(!await open(free)) await new Promise(r=>setTimeout(r,50))
const send = (port, agent, path, body, onPiece=()=>{}) => new Promise((resolve, reject) => {
  const req = request({ port, host:'127.0.0.1', agent, path, method:'POST', headers: {authorization:'Bearer key','content-type':'application/json','content-length':body.length}}, res => { if (res.statusCode !== 200) reject(new Error('HTTP '+res.statusCode)); let len=0; res.on('data', p => { len+=p.length; onPiece(p) }); res.on('end', () => len > 150 || path==='/v1/echo' ? resolve() : reject(new Error('short '+len))); res.on('error', reject) })
  req.on('error', reject); req.end(body) })
const small = Buffer.from(JSON.stringify({ model:'bench', chunks: 1 }))
const rate = async (port, keep, lanes, total) => {
  const agent = new Agent({ keepAlive: keep, maxSockets: lanes })
  const t = performance.now()
  await Promise.all(Array.from({length: lanes}, async () => { for (let i=0;i<total/lanes;i++) await send(port, agent, '/v1/chat/completions', small) }))
  const s = (performance.now()-t)/1000; agent.destroy(); return total/s }
const big = Buffer.alloc(64e6,'x')
const mb = async (port) => { const agent = new Agent(); const t=performance.now(); await send(port, agent, '/v1/echo', big); return 64/((performance.now()-t)/1000) }
const delays = async (port) => { const f=[]; await send(port, new Agent(), '/v1/chat/completions', Buffer.from(JSON.stringify({model:'bench',chunks:500,everyMs:4})), (p)=>{const now=process.hrtime.bigint(); for (const [,s] of p.toString().matchAll(/data: (\d+)/g)) f.push(Number(now-BigInt(s))/1e6)}); f.sort((a,b)=>a-b); return [f[Math.floor(f.length*.5)], f[Math.floor(f.length*.99)]] }
const R = Number(process.env.R||3)
const med = a => a.sort((x,y)=>x-y)[a.length>>1]
import { readFileSync } from 'node:fs'
const cpu = pid => { const f = readFileSync(`/proc/${pid}/stat`,'utf8').split(') ')[1].split(' '); return (Number(f[11])+Number(f[12]))*10 }
const cmp = async (name, f) => { await f(free); await f(door); const a=[],b=[]; let cs=0,cg=0; const N={'keep 1':2000,'keep 16':6400,'new 1':600,'new 16':1600,'MB/s':64}[name]; for(let i=0;i<R;i++){ let c=cpu(ssh.pid); a.push(await f(free)); cs+=cpu(ssh.pid)-c; c=cpu(gw.pid); b.push(await f(door)); cg+=cpu(gw.pid)-c } ; console.log(name.padEnd(22), 'cpu us/req ssh', (cs/N/R*1000).toFixed(0), 'ours', (cg/N/R*1000).toFixed(0), 'ssh', med(a).toFixed(2), 'ours', med(b).toFixed(2), 'ratio', (med(b)/med(a)).toFixed(2)) }
const which = (process.env.W||'1,16,new1,new16,mb,sse').split(',')
const T = { 1: ()=>cmp('keep 1', p=>rate(p,true,1,2000)), 16: ()=>cmp('keep 16', p=>rate(p,true,16,6400)), new1: ()=>cmp('new 1', p=>rate(p,false,1,600)), new16: ()=>cmp('new 16', p=>rate(p,false,16,1600)), mb: ()=>cmp('MB/s', mb), sse: async()=>{ for(let i=0;i<2;i++){ console.log('sse ssh', (await delays(free)).map(x=>x.toFixed(3)).join(' '), 'ours', (await delays(door)).map(x=>x.toFixed(3)).join(' '))} } }
for (const w of which) await T[w]()
gw.disconnect(); up.disconnect(); ssh.kill(); await sshd.close(); process.exit(0)
