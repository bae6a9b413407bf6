import sys,hashlib
from t import *
for pk in sys.argv[2:]:
  for kind in ('data','command'):
    for r in allrows(sys.argv[1],kind,pk):
        a=r.get('attributes'); 
        if a and 'S' in a:
            try: o=obj(r); t='S3 len %d '%len(o)+__import__('re').sub(r'([a-zA-Z])\1{20,}','~',o.decode('utf8','replace'))[:420]
            except Exception as e: t='S3 ERR '+str(e)[:80]
        else: t='INLINE len %d '%len(json.dumps(a))+json.dumps(a)[:160]
        print(kind,r['pk']['S'],r['sk']['S'],'v',r['version']['N'],'del',r.get('isDeleted',{}).get('BOOL'),'ttl',list((r.get('ttl') or {0:0}).values())[0],t)
