.subckt voltages in out bias vdd vddh vss
* Inverters on the low supply.
XM1 inb in vss vss sky130_fd_pr__nfet_01v8 L=0.15 W=1 nf=1
XM2 inb in vdd vdd sky130_fd_pr__pfet_01v8 L=0.15 W=2 nf=1
* The shifter.
M3 outb in vss vss sky130_fd_pr__nfet_g5v0d10v5 L=0.5 W=2 nf=ZZZ
M4 out inb vss vss sky130_fd_pr__nfet_g5v0d10v5 L=0.5 W=2 nf=ZZZ
XM5 outb out vddh vddh sky130_fd_pr__pfet_g5v0d10v5 L=0.5 W=1 nf=1
XM6 out outb vddh vddh sky130_fd_pr__pfet_g5v0d10v5 L=0.5 W=1 nf=1
* A follower in a well of its own, a long channel, fingers taller than a tap reaches, and rows.
XM7 vddh out n1 n1 sky130_fd_pr__nfet_g5v0d10v5 L=0.6 W=4 nf=2
XM8 n1 bias vss vss sky130_fd_pr__nfet_g5v0d10v5 L=8 W=1 nf=1
XM9 n1 outb vddh vddh sky130_fd_pr__pfet_g5v0d10v5 L=1 W=40 nf=2
XM10 n1 inb vss vss sky130_fd_pr__nfet_g5v0d10v5 L=0.5 W=80 nf=40
* Other implants of the low supply, a capacitor and a resistor.
XM11 bias inb vdd vdd sky130_fd_pr__pfet_01v8_hvt L=0.15 W=1 nf=1
XM12 bias in vdd vdd sky130_fd_pr__pfet_01v8_lvt L=0.35 W=1 nf=1
XC1 n1 inb sky130_fd_pr__cap_mim_m3_1 W=5 L=5
XR1 bias n1 vss sky130_fd_pr__res_xhigh_po_0p35 L=6
.ends
