* Two-stage OTA without compensation capacitors, fully differential. A rise of INP against INM raises OUTP. M9 and M10 lead the
* input past the first stage: the zero that this makes takes back the first stage's lag. The common-mode loop has no such
* zero and is stable because its feedback is weak: M6 carries an eighth of the tail current. IBIAS gives 40 uA.
* w is the width of one finger.
.subckt ota4 VDD VSS INP INM OUTP OUTM IBIAS VREF
* first stage
M1 one_p INM   tail VSS sky130_fd_pr__nfet_01v8_lvt l=0.5u w=2u nf=4
M2 one_m INP   tail VSS sky130_fd_pr__nfet_01v8_lvt l=0.5u w=2u nf=4
M3 one_p IBIAS VDD  VDD sky130_fd_pr__pfet_01v8     l=0.5u w=2u nf=4
M4 one_m IBIAS VDD  VDD sky130_fd_pr__pfet_01v8     l=0.5u w=2u nf=4
M5 tail  nbias VSS  VSS sky130_fd_pr__nfet_01v8_lvt l=0.5u w=2.05u nf=7
M6 tail  cmctl VSS  VSS sky130_fd_pr__nfet_01v8_lvt l=0.5u w=2u nf=1
* second stage
M7 OUTP one_m VDD VDD sky130_fd_pr__pfet_01v8_lvt l=0.5u w=4u nf=16
M8 OUTM one_p VDD VDD sky130_fd_pr__pfet_01v8_lvt l=0.5u w=4u nf=16
* feed-forward stage
M9  OUTM   INP   fftail VSS sky130_fd_pr__nfet_01v8_lvt l=0.5u w=4u nf=16
M10 OUTP   INM   fftail VSS sky130_fd_pr__nfet_01v8_lvt l=0.5u w=4u nf=16
M11 fftail nbias VSS    VSS sky130_fd_pr__nfet_01v8_lvt l=0.5u w=4u nf=24
* common mode
M12 cmtail1 IBIAS VDD     VDD sky130_fd_pr__pfet_01v8     l=0.5u w=2u nf=8
M13 cmtail2 IBIAS VDD     VDD sky130_fd_pr__pfet_01v8     l=0.5u w=2u nf=8
M14 cmctl   OUTP  cmtail1 VDD sky130_fd_pr__pfet_01v8_lvt l=0.5u w=2u nf=4
M15 cmref   VREF  cmtail1 VDD sky130_fd_pr__pfet_01v8_lvt l=0.5u w=2u nf=4
M16 cmctl   OUTM  cmtail2 VDD sky130_fd_pr__pfet_01v8_lvt l=0.5u w=2u nf=4
M17 cmref   VREF  cmtail2 VDD sky130_fd_pr__pfet_01v8_lvt l=0.5u w=2u nf=4
M18 cmctl   cmctl VSS     VSS sky130_fd_pr__nfet_01v8_lvt l=0.5u w=2u nf=8
M19 cmref   cmref VSS     VSS sky130_fd_pr__nfet_01v8_lvt l=0.5u w=2u nf=8
* bias
M20 IBIAS IBIAS VDD VDD sky130_fd_pr__pfet_01v8     l=0.5u w=2u nf=8
M21 nbias IBIAS VDD VDD sky130_fd_pr__pfet_01v8     l=0.5u w=2u nf=8
M22 nbias nbias VSS VSS sky130_fd_pr__nfet_01v8_lvt l=0.5u w=2u nf=8
.ends ota4
