import { launch } from "./browser.js";
const base = process.env.BASE ?? "http://127.0.0.1:7411";
const [,, out, theme, size, ...paths] = process.argv;
const b = await launch();
const [w,h]=size.split('x').map(Number);
const c = await b.newContext({ viewport:{width:w,height:h}, colorScheme: theme });
const p = await c.newPage();
p.on('console', m=>['error','warning'].includes(m.type())&&console.log('console',m.text())); p.on('pageerror', e=>console.log('pageerror',e.message));
await p.goto(base+'/login'); await p.fill('#password','telefonist'); await p.click('button.primary'); await p.waitForURL(u=>!u.pathname.startsWith('/login'));
for (const [i,x] of paths.entries()) { const [path,...acts]=x.split('~'); await p.goto(base+path); await p.waitForTimeout(700);
 for (const a of acts){ const [k,...r]=a.split('='); const v=r.join('='); if(k==='key')await p.keyboard.press(v); if(k==='type')await p.keyboard.type(v); if(k==='click')await p.locator(v).first().click({timeout:3000}); if(k==='wait')await p.waitForTimeout(+v); if(k==='hover')await p.locator(v).first().hover(); await p.waitForTimeout(250);}
 await p.screenshot({path:`${out}-${i}.png`}); }
await b.close();
