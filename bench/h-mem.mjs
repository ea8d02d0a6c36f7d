import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { encode, peekNumber, messages } from '@buddy-chat/protocol'
import { WebSocket } from 'ws'
const n = Number(process.argv[2])
const child = spawn(process.execPath, ['packages/buddy-server/dist/cli.js','--dev'], { env: { PATH: process.env.PATH, ICE_SERVERS:'', PORT:'0', LOG_LEVEL: process.argv[3] ?? 'warn', MAX_CONCURRENT_USERS:'100000', MAX_ROOMS:'50000', MAX_CONNECTIONS_PER_IP:'1000000', MAX_CONNECTS_PER_IP_PER_MINUTE:'1000000' }, stdio:['ignore','ignore','inherit','ipc'] })
const [{url}] = await once(child,'message')
const m = async () => { const t = await (await fetch(url+'/metrics')).text(); const g=(k)=>Number(new RegExp(`^${k} (\\S+)`,'m').exec(t)[1]); return {rss:g('process_resident_memory_bytes')/1e6, cpu:g('process_cpu_seconds_total'), users:g('buddy_users'), rooms:g('buddy_rooms')} }
console.log(await m())
const hello = encode({type:'hello',name:'b',site:'',client:'b',token:null,resume:null})
const ticket = encode({type:'ticket',mode:'video',lobby:'',interests:[],languages:[]})
const t0=Date.now()
for (let i=0;i<n;i+=200) await Promise.all(Array.from({length:200},()=>new Promise((ok,bad)=>{ const s=new WebSocket(url.replace('http','ws')+'/ws','buddy.v1',{perMessageDeflate:false}); s.on('error',bad); s.on('open',()=>{s.send(hello);s.send(ticket)}); s.on('message',(d)=>{const k=peekNumber(d); if(k===messages.matched.number||k===messages.waiting.number) ok()})})))
console.log((Date.now()-t0)/1000, await m())
await new Promise(r=>setTimeout(r,15000))
const a=await m(); const ta=Date.now(); await new Promise(r=>setTimeout(r,40000)); const b=await m()
console.log('idle', b, 'cpu%', (b.cpu-a.cpu)/((Date.now()-ta)/1000)*100)
child.kill('SIGKILL'); process.exit(0)
