.subckt mixed in out bias vdd vss
* A follower in a well of its own, and fingers taller than a tap reaches.
XM1 vdd in n1 n1 sky130_fd_pr__nfet_01v8 L=0.5 W=4 nf=2
XM2 n1 bias vss vss sky130_fd_pr__nfet_01v8 L=0.5 W=60 nf=4
* A switch in rows.
XM3 out n1 vss vss sky130_fd_pr__nfet_01v8 L=0.15 W=270 nf=30
* Unlike sizes between the same nets, and dummies.
XM4 out bias vdd vdd sky130_fd_pr__pfet_01v8 L=0.5 W=2 nf=1
XM5 out bias vdd vdd sky130_fd_pr__pfet_01v8 L=0.5 W=6 nf=2
XM6 vss vss vss vss sky130_fd_pr__nfet_01v8 L=0.15 W=1 nf=1
* Counts that are chosen.
M7 bias n1 vss vss sky130_fd_pr__nfet_01v8_lvt L=0.5 W=1.5 nf=ZZZ
M8 n2 n1 vdd vdd sky130_fd_pr__pfet_01v8_lvt L=0.5 W=1.5 nf=ZZZ
M9 n2 bias vss vss sky130_fd_pr__nfet_01v8 L=0.5 W=1.5 nf=ZZZ
XC1 out n2 sky130_fd_pr__cap_mim_m3_2 W=5 L=6
XC2 n1 out sky130_fd_pr__cap_mim_m3_1 W=5 L=5
XR1 n2 in vss sky130_fd_pr__res_high_po_0p69 L=4
XR2 bias vdd vss sky130_fd_pr__res_xhigh_po_0p35 L=6
R3 out n2 sky130_fd_pr__res_generic_po W=0.33 L=10
* Varactors of both kinds, one under unlike voltages at each end.
XV1 out n1 vss sky130_fd_pr__cap_var_lvt W=5 L=0.5
XV2 vdd bias vss sky130_fd_pr__cap_var_hvt W=3 L=2 m=2
* Clamps, unlike ones between the same nets, one in a well of its own, and one that a ring of taps surrounds.
D1 vss in sky130_fd_pr__diode_pw2nd_05v5 area=1.2 pj=4.6
D2 in vdd sky130_fd_pr__diode_pd2nw_05v5 area=0.4347 pj=2.64
D3 in vdd sky130_fd_pr__diode_pd2nw_05v5 area=1 pj=4
D4 n1 out sky130_fd_pr__diode_pw2nd_05v5 area=2 pj=6
D5 vss out sky130_fd_pr__diode_pw2nd_05v5 area=320 pj=72
.ends
