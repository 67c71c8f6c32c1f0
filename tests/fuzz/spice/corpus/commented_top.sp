** sch_path: /x/a.sch
**.subckt a in vdd
*
*+ vss out
*.ipin in
*+ x
M1 out in vss vss nfet W=4.0Âµ L=1 nf=4
**.ends
