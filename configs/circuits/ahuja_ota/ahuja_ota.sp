* Two-stage OTA with cascode (Ahuja) compensation: C0 returns to the cascode node net7.
* w is the width of one finger; nf=ZZZ leaves the finger count to Ptah
.subckt ahuja_ota INM INP GND VDD OUT
* input pair, cascodes, mirror load
M0  net16 INM   net11 GND sky130_fd_pr__nfet_01v8 l=0.15u w=2.1u nf=ZZZ
M2  net7  INP   net11 GND sky130_fd_pr__nfet_01v8 l=0.15u w=2.1u nf=ZZZ
M1  net11 vbias GND   GND sky130_fd_pr__nfet_01v8 l=0.15u w=0.525u nf=ZZZ
M12 net18 vcas  net16 GND sky130_fd_pr__nfet_01v8 l=0.15u w=1.05u nf=ZZZ
M13 out1  vcas  net7  GND sky130_fd_pr__nfet_01v8 l=0.15u w=1.05u nf=ZZZ
M3  out1  net18 VDD   VDD sky130_fd_pr__pfet_01v8 l=0.15u w=2.1u nf=ZZZ
M4  net18 net18 VDD   VDD sky130_fd_pr__pfet_01v8 l=0.15u w=2.1u nf=ZZZ
* push-pull output behind the level shifter M7, M9
M5 OUT  out1  VDD  VDD sky130_fd_pr__pfet_01v8 l=0.15u w=1.575u nf=ZZZ
M6 OUT  net1  GND  GND sky130_fd_pr__nfet_01v8 l=0.15u w=0.525u nf=ZZZ
M7 VDD  out1  net1 GND sky130_fd_pr__nfet_01v8 l=0.15u w=0.525u nf=ZZZ
M9 net1 vbias GND  GND sky130_fd_pr__nfet_01v8 l=0.15u w=1.575u nf=ZZZ
C0 net7 OUT sky130_fd_pr__cap_mim_m3_1 w=25u l=25u
* bias
M8  vcas  vcas  VDD   VDD sky130_fd_pr__pfet_01v8 l=0.15u w=1.05u nf=ZZZ
M11 vcas  vcas  vbias GND sky130_fd_pr__nfet_01v8 l=0.15u w=1.05u nf=ZZZ
M10 vbias vbias GND   GND sky130_fd_pr__nfet_01v8 l=0.15u w=0.525u nf=ZZZ
.ends ahuja_ota
