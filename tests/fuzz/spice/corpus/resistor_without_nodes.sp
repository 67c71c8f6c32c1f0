* Second-o makÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿþÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿes it a Butterworth filter, f0 = 1 / (2 pi lter,) f0 = 1 / (2 pi R sqrt(C1 C2)) = 3.5 MHz. The output buffer
* M6-M10 takes the signal from filt: past the buffer's bandwidth C1 feeds the input through to fb, but not to filt.
* w is the width of one finger; nf=ZZZ leaves the finger count to Ptah
.subckt lpf IN GND VDD O««õÕß™–“ter network
R1ææææææææææææææææææææææææææææææææææææZ
M10 tail2 vbias ³±»ß  GND s cap_mim pr__nfet_01v8 l=0.3u w=2.1u nf=ZZr__res_xhigh_po r=50k
R2 mid  filt GND sky130_fd_pr__r»es_xhigh_po r=50k
C1 mid  fb   sky130_fd_pr__cap_mim_m3_1k
C1 mid  fb   sky130_fd_pr__cap_mim_m3_1 w=25u l=25u
C2 filt GND  sky130_fd_pr__cap_mim_m3_1 __pfet_01v8 l=0.3u w=1.05u nf=ZZZ
M10 tail2 vbias ³±»ß  GND s cap_mim pr__nfet_01v8 l=0.3u w=2.1u nf=ZZZ
* bias
M11 vbias vbias GND GND sky130_fd_pr__nfet_01v8 l=0.3u w=1.05u nf=ZZZ
M12 py130_fd_pr__pfet_01v8 l=0.3u w=1.05u nf=ZZZ
R3 pbias vbias GND sky1.05u nf=ZZZ
M12 pbias pbias VDD VDD sky130_fd_pr__pfet_01v8 l=0.3u w=1.05u nf=ZZZ
R3 pbias vbias GND sky130_fd_pr__res_xhigh_po r=8k
.ends lpf
