* Second-order low-pass filter after Sallen and Key: R1, R2, C1, C2 around the unity-gain buffer M1-M5.
* C1 = 2 C2 makes it a Butterworth filter, f0 = 1 / (2 pi R sqrt(C1 C2)) = 3.5 MHz. The output buffer
* M6-M10 takes the signal from filt: past the buffer's bandwidth C1 feeds the input through to fb, but not to filt.
* w is the width of one finger; nf=ZZZ leaves the finger count to Ptah
.subckt lpf IN GND VDD OUT
* filter network
R1 IN   mid  GND sky130_fd_pr__res_xhigh_po r=50k
R2 mid  filt GND sky130_fd_pr__res_xhigh_po r=50k
C1 mid  fb   sky130_fd_pr__cap_mim_m3_1 w=25u l=25u
C2 filt GND  sky130_fd_pr__cap_mim_m3_1 w=17.5u l=17.5u
* buffer of the filter
M1 load1 filt  tail1 GND sky130_fd_pr__nfet_01v8 l=0.3u w=1.05u nf=ZZZ
M2 fb    fb    tail1 GND sky130_fd_pr__nfet_01v8 l=0.3u w=1.05u nf=ZZZ
M3 load1 load1 VDD   VDD sky130_fd_pr__pfet_01v8 l=0.3u w=1.05u nf=ZZZ
M4 fb    load1 VDD   VDD sky130_fd_pr__pfet_01v8 l=0.3u w=1.05u nf=ZZZ
M5 tail1 vbias GND   GND sky130_fd_pr__nfet_01v8 l=0.3u w=2.1u nf=ZZZ
* output buffer
M6  load2 filt  tail2 GND sky130_fd_pr__nfet_01v8 l=0.3u w=1.05u nf=ZZZ
M7  OUT   OUT   tail2 GND sky130_fd_pr__nfet_01v8 l=0.3u w=1.05u nf=ZZZ
M8  load2 load2 VDD   VDD sky130_fd_pr__pfet_01v8 l=0.3u w=1.05u nf=ZZZ
M9  OUT   load2 VDD   VDD sky130_fd_pr__pfet_01v8 l=0.3u w=1.05u nf=ZZZ
M10 tail2 vbias GND   GND sky130_fd_pr__nfet_01v8 l=0.3u w=2.1u nf=ZZZ
* bias
M11 vbias vbias GND GND sky130_fd_pr__nfet_01v8 l=0.3u w=1.05u nf=ZZZ
M12 pbias pbias VDD VDD sky130_fd_pr__pfet_01v8 l=0.3u w=1.05u nf=ZZZ
R3 pbias vbias GND sky130_fd_pr__res_xhigh_po r=8k
.ends lpf
