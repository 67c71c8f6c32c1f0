.option scale=1u
.global vdd
.param k=2 wn={k*0.5} big='max(wn, 3)**2'
.subckt top a b c
.param lx='wn > 1 ? 0.15 : 0.3'
x1 a b / leaf wn=1 m=2
X2 b c leaf wn='wn*k'
M9 a b c c nfet w=big l=lx nf=ZZZ stack=3
R1 a b 18k
R2 a b c res_high_po r='2*10k'
C1 a b 1p m=2
.ends top
.subckt leaf a y wn=0.5 params: kk=1
M1 y a 0 0 nfet w=wn l=0.15 m=2 nf=2
M2 y a vdd vdd pfet w='wn*kk' l=0.15
.ends
