.include a.sp
.lib "/a.sp" tt
.inc 'models' ; left out
.include $HOME/../x.sp
.lib tt
.param w=1u
.endl tt
.subckt t a b
M1 a b a a nfet w=w l=150n nf=2
.ends
