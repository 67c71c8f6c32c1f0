** sch_path: /home/me/ota.sch
**.subckt ota VOUT INP INM VDD VSS
*.opin VOUT
XM1 VOUT INP net1 VSS sky130_fd_pr__nfet_01v8 L=0.15 W=4.2 nf=4 ad='int((nf+1)/2) * W/nf * 0.29'
+ pd='2*int((nf+1)/2) * (W/nf + 0.29)' nrd='0.29 / W' sa=0 mult=1 m=1
XM2 VOUT INM VDD VDD sky130_fd_pr__pfet_01v8 L=0.15 W=1 nf=1 mult=3 m=3
XC1 VOUT VSS sky130_fd_pr__cap_mim_m3_1 W=10 L=12 MF=2 m=2
x1 net1 VSS tail
**** begin user architecture code
.lib /usr/share/pdk/sky130.lib.spice tt
**** end user architecture code
**.ends
.subckt tail D S
XM3 D D S S sky130_fd_pr__nfet_01v8 L=0.5 W=2 nf=2 mult=1 m=1
.ends
.GLOBAL GND
.end
