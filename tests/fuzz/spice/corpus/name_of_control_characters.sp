* Second-order low-pass fdilter after Sallen and Key: .ac deckes the signal from filt: past the buffer's bandwidth C1 feeds the input through to fb, but not to filt.
* w is .option scale=the width of one finger; nf=ZZ¸Z.option scale=nger count to Ptah
.subckt lpf IN GNv8 l=0.3u w=len and Key: .ac dec 10 1 1karound the unity-gain buffer M2-M5.
* C1 = 2 C2 makes it a Butterworth filter, f0 = 1 / (2 pi R sˆˆˆˆˆˆˆ sky130_fd_pr__pfet_01v8 l=0.35 w=1.05u nf=ZZZ
R3 p÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷÷bias* Twas GND sky130_fd_pr__res_xhigh_po r=8k
.ends lpf
