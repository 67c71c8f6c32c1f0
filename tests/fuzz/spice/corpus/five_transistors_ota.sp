* Five-transistor OTA: NMOS input pair, PMOS mirror, tail current set by VBIAS.
* w is the width of one finger; nf=ZZZ leaves the finger count to Ptah
.subckt five_transistors_ota GND VDD VOUT VINN VINP VBIAS
* tail
M0 source VBIAS GND GND sky130_fd_pr__nfet_01v8 l=0.15u w=1.05u nf=ZZZ
* input pair
M1 VOUT VINN source GND sky130_fd_pr__nfet_01v8 l=0.15u w=1.05u nf=ZZZ
M2 net8 VINP source GND sky130_fd_pr__nfet_01v8 l=0.15u w=1.05u nf=ZZZ
* mirror load
M3 VOUT net8 VDD VDD sky130_fd_pr__pfet_01v8 l=0.15u w=1.05u nf=ZZZ
M4 net8 net8 VDD VDD sky130_fd_pr__pfet_01v8 l=0.15u w=1.05u nf=ZZZ
.ends five_transistors_ota
