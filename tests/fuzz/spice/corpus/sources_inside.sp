.subckt ota! a/b out vdd! 0
X1 out vb vdd! vdd! pfet w=1.0012 l=0.15 nf=3
M2 vb a/b 0 gnd nfet w=1u l=1u
I0 vb 0 'ib*2' ac 1
V1 hi 0 sin(0 1m 1k)
G1 vb 0 hi 0 1m
E2 q 0 r 0 {gain}
C1 out 0 cc
C2 out 0 0.5f $ **FLOATING
X3 lone 0 0 0 nfet w=1 l=1
.ends
.param ib=5u cc=1p gain=2
.end
