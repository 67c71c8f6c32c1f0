* Two-stage Miller OTA: compensation by C0 in series with R0, bias made by M8 and M10.
* w is the width of one finger; nf=ZZZ leaves the finger count to Ptah
.subckt miller_ota INM INP GND VDD OUT
* first stage
M0 net10 INM   net11 GND sky130_fd_pr__nfet_01v8 l=0.15u w=2.1u nf=ZZZ
M2 out1  INP   net11 GND sky130_fd_pr__nfet_01v8 l=0.15u w=1.575u nf=ZZZ
M1 net11 vbias GND   GND sky130_fd_pr__nfet_01v8 l=0.15u w=1.05u nf=ZZZ
M3 out1  net10 VDD   VDD sky130_fd_pr__pfet_01v8 l=0.15u w=2.1u nf=ZZZ
M4 net10 net10 VDD   VDD sky130_fd_pr__pfet_01v8 l=0.15u w=2.1u nf=ZZZ
* second stage and compensation
M5 OUT out1  VDD VDD sky130_fd_pr__pfet_01v8 l=0.15u w=0.525u nf=ZZZ
M6 OUT vbias GND GND sky130_fd_pr__nfet_01v8 l=0.15u w=2.1u nf=ZZZ
C0 net12 OUT sky130_fd_pr__cap_mim_m3_1 w=24u l=24u
R0 out1 net12 resistor r=18k
* bias
M8  vbias vbias VDD VDD sky130_fd_pr__pfet_01v8 l=0.15u w=0.525u nf=ZZZ
M10 vbias vbias GND GND sky130_fd_pr__nfet_01v8 l=0.15u w=1.05u nf=ZZZ
.ends miller_ota
